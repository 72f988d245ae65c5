"""What recipes are made of: a name and its arguments, mappings read strictly, patterns of names."""
