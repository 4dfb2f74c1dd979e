using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.History.Faults;

namespace ManagedLog.Local.Tests.Proof.History;

public sealed class FaultPlanTests
{
    [Theory]
    [InlineData(22)]
    [InlineData(25)]
    [InlineData(120)]
    public void Make_WithAnySeed_HasEachKindOfFaultAndIsOverBeforeTheEnd(int seconds)
    {
        var duration = TimeSpan.FromSeconds(seconds);
        for (var seed = 0; seed < 300; seed++)
        {
            var plan = FaultPlan.Make(seed, duration, instances: 3);

            Assert.Equal(Enum.GetValues<FaultKind>(), plan.Select(static fault => fault.Kind).Distinct().Order());
            Assert.All(plan, fault => Assert.InRange(fault.At + fault.Length, TimeSpan.Zero, duration - TimeSpan.FromSeconds(2)));
            Assert.All(plan, static fault => Assert.InRange(fault.Instance, 0, 2));
            Assert.Contains(plan, static fault => fault.Kind == FaultKind.LongPause && fault.Length > FaultPlan.Lease);
            Assert.Contains(plan, static fault => fault.Kind == FaultKind.StoragePause && fault.Length > FaultPlan.AppendTimeout);
        }
    }

    [Fact]
    public void Make_WithTheSameSeed_IsTheSame()
    {
        Assert.Equal(FaultPlan.Make(1, TimeSpan.FromMinutes(2), 3), FaultPlan.Make(1, TimeSpan.FromMinutes(2), 3));
        Assert.NotEqual(FaultPlan.Make(1, TimeSpan.FromMinutes(2), 3), FaultPlan.Make(2, TimeSpan.FromMinutes(2), 3));
    }
}
