namespace ManagedLog.Engine.Metadata;

/// <summary>What a config's value is. All values are text on the wire and where they are stored; this says how the text is read.</summary>
public enum TopicConfigType
{
    WholeNumber = 0,

    /// <summary>With '.' as the decimal separator.</summary>
    Fraction,

    /// <summary>One of a few words.</summary>
    Word,

    /// <summary>Words separated by commas.</summary>
    WordList,
}
