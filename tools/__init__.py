"""What an operator runs: backtest, report, redrive. Never part of a function's package."""
