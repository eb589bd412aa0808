"""What an officer looks at: App Home, the case in a modal, settings."""
