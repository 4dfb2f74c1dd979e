namespace ManagedLog.Functions.Security;

/// <summary>What can be allowed. Each stands for itself: to manage a topic is not to read what is in it.</summary>
internal enum Permission
{
    /// <summary>To see that it is there, its partitions, their ends and its configuration: comes with any of the others.</summary>
    Describe = 0,

    /// <summary>To append records.</summary>
    Produce,

    /// <summary>To read records, and to search in them.</summary>
    Consume,

    /// <summary>To create, change and delete it.</summary>
    Manage,
}
