"""The report card: what a model is worth, by judges that have never seen it, beside what real rows and chance score."""
