"""What goes wrong in a run, how it is told, and what is done about it."""
