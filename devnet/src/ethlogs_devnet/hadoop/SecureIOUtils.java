package org.apache.hadoop.io;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Opens files without asking whose they are; it stands in for the class of this name.
 *
 * That one asks native code, which the jars of Maven lack: without Kerberos it then does not ask either, and with
 * Kerberos it ends a NodeManager at its first log aggregation.
 * Here all containers are of the daemons' own user, so that the owner would be the wrong one anyway.
 */
public class SecureIOUtils {
  public static RandomAccessFile openForRandomRead(File file, String mode, String owner, String group)
      throws IOException {
    return new RandomAccessFile(file, mode);
  }

  protected static RandomAccessFile forceSecureOpenForRandomRead(
      File file, String mode, String owner, String group) throws IOException {
    return openForRandomRead(file, mode, owner, group);
  }

  public static FSDataInputStream openFSDataInputStream(File file, String owner, String group)
      throws IOException {
    return FileSystem.getLocal(new Configuration()).getRaw().open(new Path(file.getAbsolutePath()));
  }

  protected static FSDataInputStream forceSecureOpenFSDataInputStream(File file, String owner, String group)
      throws IOException {
    return openFSDataInputStream(file, owner, group);
  }

  public static FileInputStream openForRead(File file, String owner, String group) throws IOException {
    return new FileInputStream(file);
  }

  protected static FileInputStream forceSecureOpenForRead(File file, String owner, String group)
      throws IOException {
    return openForRead(file, owner, group);
  }

  public static FileOutputStream createForWrite(File file, int permissions) throws IOException {
    if (!file.createNewFile()) {
      throw new AlreadyExistsException("File " + file + " already exists");
    }
    return new FileOutputStream(file);
  }

  /** As in the class that this one stands in for. */
  public static class AlreadyExistsException extends IOException {
    private static final long serialVersionUID = 1L;

    public AlreadyExistsException(String message) {
      super(message);
    }

    public AlreadyExistsException(Throwable cause) {
      super(cause);
    }
  }
}
