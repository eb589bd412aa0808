"""The two transports to the app: HTTP and Socket Mode."""
