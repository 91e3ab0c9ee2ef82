"""``make month``: a generated month of an organisation through the deployed decision: how quiet, how sharp.

``networks``, ``organisation``, ``records``, ``lives``, ``attacks`` and ``stream`` generate the month;
``run`` takes it through the decision, ``alarms`` through the detections of modules/alerting, ``rivals``
through others' rules; ``score`` measures what people would have got. docs/month.md says what is in it.
"""
