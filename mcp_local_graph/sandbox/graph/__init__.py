"""The demo tenant as Microsoft Graph v1.0: a router, OData's options, and one file for each workload."""
