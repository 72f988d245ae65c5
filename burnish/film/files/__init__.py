"""Film files: opened, decoded, coded and written, by PyAV."""
