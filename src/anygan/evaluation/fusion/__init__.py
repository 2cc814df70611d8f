"""Whether the fused code stands noise, gaps and lies, and whom it believes."""
