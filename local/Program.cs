Console.WriteLine("ManagedLog");
