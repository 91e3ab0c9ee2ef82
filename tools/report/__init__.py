"""Who read our secrets: one HTML page from CloudTrail's log files, by the SQL of modules/analytics.

``make report LOGS=<folder or s3://…>``. In order: ``sources`` finds the log files of the asked
days, ``lake`` loads them into DuckDB (``athena`` asks in AWS instead), ``findings`` asks the
saved queries, ``page`` writes the answers into one file.
"""
