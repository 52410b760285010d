internal import Glibc

/// The natural logarithm, by a name that says which.
func logarithm(_ value: Double) -> Double { log(value) }
