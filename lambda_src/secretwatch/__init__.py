"""secretwatch: who read which secret, was it all right, and who needs to know.

One read of a secret walks through these modules in order:
``envelopes`` → ``access`` → ``trust`` → ``summarizer.handler`` → ``notice`` →
``notifier.handler`` → ``channels``; ``rotator.handler`` takes the same first steps.
"""
