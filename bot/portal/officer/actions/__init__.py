"""What an officer does with a case on its page, apart from editing it."""
