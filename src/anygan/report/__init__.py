"""Reports: pages of one file, for people, that need no network."""
