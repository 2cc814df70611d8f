"""What a step sees and what it minimises: pure functions of rows, networks and one generator of random numbers."""
