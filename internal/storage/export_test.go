package storage

// Waiting and Busy let a test wait for a moment instead of a time.
func (t *Together[In, Out]) Waiting() int { t.mu.Lock(); defer t.mu.Unlock(); return len(t.waiting) }
func (t *Together[In, Out]) Busy() int    { t.mu.Lock(); defer t.mu.Unlock(); return t.running }
