"""Whether rows drawn from noise are varied, and no copies."""
