import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.PosixFileAttributes;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFs;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FsConstants;
import org.apache.hadoop.fs.FsServerDefaults;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.local.LocalConfigKeys;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * The local file system, with modes and owners by java.nio.
 *
 * Hadoop's own asks native code for them, which the jars of Maven lack, or starts a process of ls and one of
 * chmod for each file: 13,000 for an environment of 6,400 files that YARN unpacks for a container.
 */
public class LocalFiles extends LocalFileSystem {
  public LocalFiles() {
    super(new Raw());
  }

  private static final class Raw extends RawLocalFileSystem {
    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
      File file = pathToFile(path);
      try {
        PosixFileAttributes found = Files.readAttributes(file.toPath(), PosixFileAttributes.class);
        int mode = (int) Files.getAttribute(file.toPath(), "unix:mode");
        return new FileStatus(
            found.isDirectory() ? 0 : found.size(),
            found.isDirectory(),
            1,
            getDefaultBlockSize(path),
            found.lastModifiedTime().toMillis(),
            found.lastAccessTime().toMillis(),
            new FsPermission((short) (mode & 01777)),
            found.owner().getName(),
            found.group().getName(),
            path.makeQualified(getUri(), getWorkingDirectory()));
      } catch (NoSuchFileException missing) {
        throw (FileNotFoundException) new FileNotFoundException("File " + path + " does not exist").initCause(missing);
      }
    }

    @Override
    public void setPermission(Path path, FsPermission permission) throws IOException {
      Files.setAttribute(pathToFile(path).toPath(), "unix:mode", (int) permission.toShort());
    }
  }

  /** The same for those who ask by FileContext. */
  public static final class ByContext extends ChecksumFs {
    public ByContext(URI uri, Configuration settings) throws IOException, URISyntaxException {
      super(new RawByContext(settings));
    }
  }

  private static final class RawByContext extends DelegateToFileSystem {
    RawByContext(Configuration settings) throws IOException, URISyntaxException {
      super(FsConstants.LOCAL_FS_URI, new Raw(), settings, FsConstants.LOCAL_FS_URI.getScheme(), false);
    }

    @Override
    public int getUriDefaultPort() {
      return -1;
    }

    @Override
    public FsServerDefaults getServerDefaults(Path path) throws IOException {
      return LocalConfigKeys.getServerDefaults();
    }

    @Override
    @Deprecated
    public FsServerDefaults getServerDefaults() throws IOException {
      return LocalConfigKeys.getServerDefaults();
    }

    @Override
    public boolean isValidName(String name) {
      return true;
    }
  }
}
