"""What every function needs and nothing about secrets: settings, clients, logs, text."""
