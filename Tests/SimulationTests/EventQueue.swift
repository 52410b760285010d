/// What will happen, earliest first; of two at one time, the one that was added first.
struct EventQueue<Event> {
    /// When an event is due, and where it is kept: small, because a heap moves it often.
    private struct Entry {
        let time: Duration
        let number: Int
        let slot: Int

        func isBefore(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : number < other.number
        }
    }

    private var heap: [Entry] = []
    private var events: [Event?] = []
    private var freeSlots: [Int] = []
    private var lastNumber = 0

    mutating func add(_ event: Event, at time: Duration) {
        lastNumber += 1
        heap.append(Entry(time: time, number: lastNumber, slot: store(event)))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: Duration, event: Event)? {
        guard let first = heap.first, let event = events[first.slot] else { return nil }
        events[first.slot] = nil
        freeSlots.append(first.slot)
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
        sink()
        return (first.time, event)
    }

    private mutating func store(_ event: Event) -> Int {
        guard let slot = freeSlots.popLast() else {
            events.append(event)
            return events.count - 1
        }
        events[slot] = event
        return slot
    }

    private mutating func sink() {
        var parent = 0
        while 2 * parent + 1 < heap.count {
            var least = 2 * parent + 1
            if least + 1 < heap.count, heap[least + 1].isBefore(heap[least]) { least += 1 }
            guard heap[least].isBefore(heap[parent]) else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
