"""What the app calls: the Web API, response_urls and files."""
