"""The operating system's broker: WAM on Windows (and for WSL), Company Portal on macOS, Intune's on Linux.

It signs in with the account that the person already has in the system, and proves that the device is managed. MSAL
reaches it through the package `pymsalruntime`, which waits for ever and cannot be called back; so every call here is
made in a daemon thread and has a deadline. Windows and macOS could not be tried where this was written: the tests run
the real MSAL over a stand-in for `pymsalruntime` with the interface of its 0.20.7.
"""
