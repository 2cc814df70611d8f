"""Judges: feature networks and classifiers of real cells. Nothing here may know the model, and a test holds that."""
