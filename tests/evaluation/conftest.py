"""Beside this file lie the small worlds, points and oracles that tests of the sections share."""
