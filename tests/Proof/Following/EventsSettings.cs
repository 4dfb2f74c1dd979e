namespace ManagedLog.Proof.Following;

/// <param name="Rates">Records a second, one after the other.</param>
/// <param name="Duration">Of each rate.</param>
/// <param name="HalfWithin">Half of the records must be seen within so many ms.</param>
/// <param name="NearlyAllWithin">99 of 100 must be seen within so many ms.</param>
internal sealed record EventsSettings(IReadOnlyList<double> Rates, TimeSpan Duration, double HalfWithin, double NearlyAllWithin);
