"""Machines in: the HTTP API, and Open ePlatform's documents."""
