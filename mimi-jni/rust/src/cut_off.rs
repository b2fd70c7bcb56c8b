//! A file whose end is missing. It is read as a pipe is, from its start on, because the readers of most formats look at
//! the end where they can and then refuse the file. A CAF file has the right size of its sound put in instead.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

pub struct CutOff {
    file: File,
    length: u64,
    position: u64,
    sound: Option<Sound>,
}

/// Where a CAF file says how many bytes of sound it has, and what is true.
struct Sound {
    at: u64,
    present: [u8; 8],
    /// Whether it claims more. Without a size, as while it is recorded, nothing lacks.
    lacks: bool,
}

impl CutOff {
    /// Takes a file at its start.
    pub fn new(mut file: File) -> Result<Self> {
        let length = file.metadata()?.len();
        let sound = sound_of_caf(&mut file, length);
        file.rewind()?;
        Ok(CutOff {
            file,
            length,
            position: 0,
            sound,
        })
    }

    pub fn lacks(&self) -> bool {
        self.sound.as_ref().is_none_or(|sound| sound.lacks)
    }
}

fn sound_of_caf(file: &mut File, length: u64) -> Option<Sound> {
    let mut start = [0; 8];
    file.read_exact(&mut start).ok()?;
    if !start.starts_with(b"caff") {
        return None;
    }
    loop {
        let mut header = [0; 12];
        file.read_exact(&mut header).ok()?;
        let (name, size) = header.split_at(4);
        let size = i64::from_be_bytes(size.try_into().ok()?);
        let body = file.stream_position().ok()?;
        if name == b"data" {
            return Some(Sound {
                at: body - 8,
                present: (length - body).to_be_bytes(),
                lacks: size != -1,
            });
        }
        let next = body.checked_add(u64::try_from(size).ok()?)?;
        file.seek(SeekFrom::Start(next)).ok()?;
    }
}

impl Read for CutOff {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.file.read(buffer)?;
        if let Some(sound) = &self.sound {
            for (at, byte) in (sound.at..).zip(sound.present) {
                if (self.position..self.position + count as u64).contains(&at) {
                    buffer[(at - self.position) as usize] = byte;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for CutOff {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        if !self.is_seekable() {
            return Err(Error::from(ErrorKind::Unsupported));
        }
        self.position = self.file.seek(to)?;
        Ok(self.position)
    }
}

impl MediaSource for CutOff {
    fn is_seekable(&self) -> bool {
        self.sound.is_some()
    }

    fn byte_len(&self) -> Option<u64> {
        self.sound.as_ref().map(|_| self.length)
    }
}
