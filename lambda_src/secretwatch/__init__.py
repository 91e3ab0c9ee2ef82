"""secretwatch: who read which secret, was it all right, and who needs to know.

One read of a secret walks through these modules in order: ``record.envelopes`` →
``record.access`` → ``record.origin`` → ``detect.story`` → ``detect.signals`` →
``detect.decide`` → ``functions.summarizer`` → ``notify.access_notice`` →
``functions.notifier`` → ``notify.channels``. Nothing runs back up: a room imports only
from the rooms below it (``functions``, ``store``, ``notify``, ``detect``, ``record``, ``runtime``).
"""
