"""What an e-service of a catalog will look like, drawn in the browser while its file is being written."""
