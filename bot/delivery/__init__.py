"""Out: the worker, and one module a destination."""

from bot.delivery.worker import Worker

__all__ = ["Worker"]
