"""What is inside of files: parts of formats that are long enough for a page of their own."""
