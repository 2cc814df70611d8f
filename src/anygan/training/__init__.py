"""Training: the objective, the loop that steps, and what keeps a run healthy, averaged and safe on disk."""
