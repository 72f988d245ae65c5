"""The service: what HTTP asks of the desk, and the page; Starlette and uvicorn are used here."""
