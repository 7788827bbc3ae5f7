"""What the sidecar costs beside the driver used directly, and beside the same on FastAPI."""
