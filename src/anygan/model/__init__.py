"""The model: encoders, fusion, prior and generators that meet in one code, and the critics that train them."""
