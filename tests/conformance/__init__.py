"""The contract every plug-in inherits, walked over the registries."""
