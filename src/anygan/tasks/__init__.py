"""The verbs: what a trained model does, one file each, and the :class:`~anygan.tasks.model.Model` that gathers them."""
