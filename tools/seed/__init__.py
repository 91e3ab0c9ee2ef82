"""Teaches a deployment the past, so that what is usual is not new on its first day.

``sources`` fetches records, ``spool`` holds what was fetched so that an interrupted run goes on,
``settings`` are those of the deployment, ``past`` learns from the history as the summarizer
would have, and ``store`` unites the habits that come of it with what the deployment knows.
"""
