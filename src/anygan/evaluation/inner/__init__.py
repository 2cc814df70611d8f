"""Looking inside: what code and style hold, what each modality brings, which rows contradict themselves."""
