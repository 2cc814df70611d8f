"""Pure pieces that networks and canvases are built of: functions and layers that know nothing of rows or training."""
