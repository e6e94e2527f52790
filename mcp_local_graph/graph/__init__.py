"""Microsoft Graph: the SDK names the endpoint, our transport sends the request, the answer is plain JSON."""
