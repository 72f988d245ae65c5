"""The page and the HTTP service: the same jobs and models, asked for from a browser."""
