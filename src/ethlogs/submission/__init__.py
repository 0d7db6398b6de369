"""From settings to a driver that runs, on this machine or on YARN, and its true outcome."""
