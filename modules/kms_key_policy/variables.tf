# Nothing to set: account, region and partition are the provider's.
