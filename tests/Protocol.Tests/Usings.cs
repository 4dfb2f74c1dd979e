global using Xunit;
global using Record = ManagedLog.Protocol.Records.Record;
