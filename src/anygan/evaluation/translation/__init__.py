"""Whether what is translated says the same, looks real, varies, and beats plain rivals."""
