"""Pictures and sounds as cells hold them: what they are, and opened. The model and its judges open them alike."""
