import Glibc

/// Whether a call on `descriptor` would not have to wait.
func isReady(_ descriptor: Int32, for events: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
    // What cannot be asked fails when it is read.
    return poll(&request, 1, 0) != 0
}

/// Waits until a call on `descriptor` would not have to wait; false when a signal asked for the end before.
func waitUntilReady(_ descriptor: Int32, for events: Int32) -> Bool {
    let events = Int16(truncatingIfNeeded: events)
    while !Interruption.requested {
        // The second descriptor, because a signal that comes between the question above and the call would wake nobody.
        var requests = [
            pollfd(fd: descriptor, events: events, revents: 0),
            pollfd(fd: Interruption.wakeUp, events: Int16(POLLIN), revents: 0),
        ]
        let count = poll(&requests, 2, -1)
        if count < 0, errno == EINTR { continue }
        if count < 0 || requests[0].revents != 0 { return true }
    }
    return false
}

/// Waits this long, or until a signal asks for the end.
func waitForSignal(milliseconds: Int32) {
    var request = pollfd(fd: Interruption.wakeUp, events: Int16(POLLIN), revents: 0)
    _ = poll(&request, 1, milliseconds)
}

/// Whether the failed call would have had to wait; waits until `descriptor` is ready, or a signal comes.
///
/// A pipe or terminal that came from another program may be set not to block, which that program's own calls want.
func waitIfBlocked(_ descriptor: Int32, for events: Int32) -> Bool {
    guard errno == EAGAIN || errno == EWOULDBLOCK else { return false }
    var request = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
    _ = poll(&request, 1, -1)
    return true
}
