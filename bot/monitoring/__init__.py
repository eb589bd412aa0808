"""What is told of the running program: metrics, and what `status` prints."""

from bot.monitoring.gauges import gauges
from bot.monitoring.monitor import Monitor, MonitoredPlaces
from bot.monitoring.process_status import (
    CatalogVersion,
    ProcessStatus,
    SlowRequest,
    fetch_running,
    is_status_token,
    status_token,
)
from bot.monitoring.store_facts import StoreFacts, read_store
from bot.monitoring.trace import find_records

__all__ = [
    "CatalogVersion",
    "Monitor",
    "MonitoredPlaces",
    "ProcessStatus",
    "SlowRequest",
    "StoreFacts",
    "fetch_running",
    "find_records",
    "gauges",
    "is_status_token",
    "read_store",
    "status_token",
]
